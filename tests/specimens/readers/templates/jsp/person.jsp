<%@ page contentType="text/html;charset=UTF-8" %>
<%-- race filter --%>
<% String race = request.getParameter("race"); %>
<c:if test="${person.race eq 'asian'}">
<td>民族</td><td>${person.nation}</td>
</c:if>
<p><%= person.getRace() %></p>
