// the labels
const RACES = ['asian', 'black', 'white'];
const codes = { han: 1, uyghur: 5 };
const options = [{ value: 1, label: '汉族' }, { value: 5, label: '维吾尔族' }];
export default {
  data() { return { form: { race: '', age: 0 } }; },
  methods: {
    search(params) {
      params['nation'] = 5;
      if (face.race === 'uyghur') { this.alarm(face); }
      switch (face.nation) { case 5: return notify(face); }
      return axios.get(`/faces?race=${params.race}`);
    },
  },
};
